// What an instruction of the core is: its kind, its operands, the operation on them. Combinational.
//
// At most one of the kinds load, store, branch, jump and multiply_divide is set; the rest are operations of the
// ALU. The ALU also adds up the address of a load, a store and a jump to a register, and compares for a branch.

module core_decoder (
  input  logic        valid_i,            // without it every output is zero
  input  logic [31:0] instruction_i,
  input  logic [31:0] pc_i,
  input  logic [31:0] rs1_data_i,
  input  logic [31:0] rs2_data_i,

  output logic        illegal_o,          // then no kind is set, and nothing may be written
  output logic        load_o,
  output logic        store_o,
  output logic        branch_o,
  output logic        jump_o,
  output logic        jump_register_o,    // with jump_o: to the ALU's sum instead of pc + offset
  output logic        multiply_divide_o,
  output logic        square_root_o,      // with multiply_divide_o
  output logic [4:0]  rd_o,               // 0: no register is written

  output logic [3:0]  alu_operation_o,
  output logic [31:0] operand_a_o,
  output logic [31:0] operand_b_o,
  output logic [11:0] offset_o            // of a branch or jump from pc, in halfwords; pc has 13 bits
);

  localparam logic [6:0] OpcodeLoad = 7'h03;
  localparam logic [6:0] OpcodeFence = 7'h0f;
  localparam logic [6:0] OpcodeImmediate = 7'h13;
  localparam logic [6:0] OpcodeAddUpperToPc = 7'h17;
  localparam logic [6:0] OpcodeStore = 7'h23;
  localparam logic [6:0] OpcodeRegister = 7'h33;
  localparam logic [6:0] OpcodeLoadUpper = 7'h37;
  localparam logic [6:0] OpcodeBranch = 7'h63;
  localparam logic [6:0] OpcodeJumpRegister = 7'h67;
  localparam logic [6:0] OpcodeJump = 7'h6f;
  localparam logic [6:0] OpcodeCustom = 7'(tessera_pkg::CustomOpcode);
  localparam logic [2:0] BitLength = 3'(tessera_pkg::CustomBitLength);
  localparam logic [2:0] SquareRoot = 3'(tessera_pkg::CustomSquareRoot);

  localparam logic [3:0] AluAdd = 4'b0000;
  localparam logic [3:0] AluBitLength = 4'b1001;

  logic [2:0] funct3;
  logic [6:0] funct7;

  assign funct3 = instruction_i[14:12];
  assign funct7 = instruction_i[31:25];

  always_comb begin
    illegal_o = 1'b0;
    load_o = 1'b0;
    store_o = 1'b0;
    branch_o = 1'b0;
    jump_o = 1'b0;
    jump_register_o = 1'b0;
    multiply_divide_o = 1'b0;
    square_root_o = 1'b0;
    rd_o = '0;
    alu_operation_o = AluAdd;
    operand_a_o = '0;
    operand_b_o = '0;
    offset_o = '0;
    if (valid_i) begin
      operand_a_o = rs1_data_i;
      operand_b_o = {{20{instruction_i[31]}}, instruction_i[31:20]};
      rd_o = instruction_i[11:7];
      unique case (instruction_i[6:0])
        OpcodeImmediate: begin
          alu_operation_o = {1'b0, funct3};
          if (funct3[1:0] == 2'b01) begin  // shifts
            alu_operation_o[3] = funct7[5];
            illegal_o = (funct7 & ~{1'b0, funct3[2], 5'd0}) != 7'd0;
          end
        end
        OpcodeRegister: begin
          operand_b_o = rs2_data_i;
          alu_operation_o = {funct7[5], funct3};
          multiply_divide_o = funct7 == 7'h01;
          illegal_o = (funct7 != 7'h00) & (funct7 != 7'h01) &
                      ((funct7 != 7'h20) | ((funct3 != 3'b000) & (funct3 != 3'b101)));
        end
        OpcodeLoad: begin
          load_o = 1'b1;
          illegal_o = (funct3[1:0] == 2'b11) | (funct3 == 3'b110);
        end
        OpcodeStore: begin
          operand_b_o = {{20{instruction_i[31]}}, instruction_i[31:25], instruction_i[11:7]};
          store_o = 1'b1;
          rd_o = '0;
          illegal_o = funct3 > 3'b010;
        end
        OpcodeBranch: begin
          operand_b_o = rs2_data_i;
          alu_operation_o = {3'b001, funct3[1]};  // slt, sltu
          offset_o = {instruction_i[31], instruction_i[7], instruction_i[30:25], instruction_i[11:8]};
          branch_o = 1'b1;
          rd_o = '0;
          illegal_o = funct3[2:1] == 2'b01;
        end
        OpcodeJump: begin
          offset_o = {instruction_i[12], instruction_i[20], instruction_i[30:21]};
          jump_o = 1'b1;
        end
        OpcodeJumpRegister: begin
          jump_o = 1'b1;
          jump_register_o = 1'b1;
          illegal_o = funct3 != 3'b000;
        end
        OpcodeLoadUpper: begin
          operand_a_o = '0;
          operand_b_o = {instruction_i[31:12], 12'd0};
        end
        OpcodeAddUpperToPc: begin
          operand_a_o = pc_i;
          operand_b_o = {instruction_i[31:12], 12'd0};
        end
        OpcodeCustom: begin
          alu_operation_o = AluBitLength;
          square_root_o = funct3 == SquareRoot;
          multiply_divide_o = square_root_o;
          illegal_o = ((funct3 != BitLength) & (funct3 != SquareRoot)) | (instruction_i[31:20] != 12'd0);
        end
        OpcodeFence: begin
          rd_o = '0;
          illegal_o = funct3 != 3'b000;
        end
        default: illegal_o = 1'b1;
      endcase
      if (illegal_o) begin
        load_o = 1'b0;
        store_o = 1'b0;
        branch_o = 1'b0;
        jump_o = 1'b0;
        multiply_divide_o = 1'b0;
      end
    end
  end

endmodule
