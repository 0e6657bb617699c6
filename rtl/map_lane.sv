// The arithmetic of one element, in four stages of one cycle; docs/numerics.md, to the bit.
//
//   prepare   factors m and n: A + offset, the clamped A of a norm, p of a softmax weight, the sigmoid, the sum of
//             an addition
//   multiply  m * n, 36 x 28 bits
//   round     shifted, rounded, saturated: v. Of a rotation, the sum or difference of two lanes' products
//   combine   v + C, saturated; v * up of a gate
//
// enable_i[s] loads the registers of a stage (prepare is 0) from those before it. The inputs up to outer_limit_i are
// those of the descriptor in `prepare`, the next ones, up to late_outer_limit_i, of the one in the other stages; they
// stay the same for all beats of a descriptor.

module map_lane (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [3:0]   enable_i,
  input  logic         look_up_i,        // the operation in `prepare` looks up a table

  input  logic [2:0]   operation_i,      // map_operation_e
  input  logic         norm_rms_i,
  input  logic [4:0]   norm_shift_i,     // t
  input  logic [35:0]  offset_i,
  input  logic [31:0]  maximum_i,        // of MapExpw
  input  logic [27:0]  scalar_i,         // n, where B is not a vector
  input  logic         b_vector_i,
  input  logic         c_used_i,         // C is an operand of MapMulq or MapAdd
  input  logic         square_i,         // MapAdd multiplies its result with itself
  input  logic [1:0]   shift_mode_i,     // shift_mode_e
  input  logic [17:0]  shift_base_i,     // signed: S without the byte of a lane
  input  logic         outer_i,          // saturate to +-outer_limit_i
  input  logic [30:0]  outer_limit_i,

  input  logic [2:0]   late_operation_i,
  input  logic         late_c_used_i,
  input  logic         late_square_i,
  input  logic         late_scalar_shift_i,
  input  logic [6:0]   shift_i,          // signed: S of a scalar shift, within -29 to 63
  input  logic         rotation_add_i,
  input  logic         inner_i,          // saturate to +-inner_limit_i
  input  logic [31:0]  inner_limit_i,
  input  logic         late_outer_i,
  input  logic [30:0]  late_outer_limit_i,

  input  logic [35:0]  a_i,
  input  logic [15:0]  b_i,
  input  logic [31:0]  c_i,
  input  logic [7:0]   shift_byte_i,
  input  logic [63:0]  partner_i,        // the product two lanes further on

  output logic [63:0]  product_o,
  output logic [31:0]  out_o
);

  localparam logic signed [6:0] ShiftMost = 7'sd63;    // gives 0
  localparam logic signed [6:0] ShiftLeast = -7'sd29;  // as far to the left as it goes
  localparam logic signed [36:0] NormLimit = 37'sd16383;

  logic mulq, expw;                             // in `prepare`
  logic late_rot, late_expw, late_gate, late_add;   // behind it
  assign mulq = operation_i == tessera_pkg::MapMulq;
  assign expw = operation_i == tessera_pkg::MapExpw;
  assign late_rot = late_operation_i == tessera_pkg::MapRot;
  assign late_expw = late_operation_i == tessera_pkg::MapExpw;
  assign late_gate = late_operation_i == tessera_pkg::MapGate;
  assign late_add = late_operation_i == tessera_pkg::MapAdd;

  // ---------------------------------------------------------------- look-ups

  logic [15:0] gate_magnitude;
  logic [7:0]  table_index;
  logic [13:0] exp_value;
  logic [15:0] sigmoid_value;
  logic [8:0]  sigmoid_delta;

  // How far a score is below the maximum; what is above counts as the maximum.
  function logic [32:0] distance(input logic [31:0] maximum, input logic [32:0] score);
    distance = 33'($signed(maximum)) - score;
    if (distance[32]) distance = 33'd0;
  endfunction

  always_comb begin
    table_index = 8'd0;
    gate_magnitude = 16'd0;
    if (look_up_i) begin
      if (expw) begin
        table_index = 8'(distance(maximum_i, a_i[32:0]));
      end else begin
        gate_magnitude = a_i[15] ? -a_i[15:0] : a_i[15:0];
        table_index = gate_magnitude[15:13] != 3'd0 ? 8'd255 : gate_magnitude[12:5];
      end
    end
  end

  exp_table u_exp (.index_i(table_index), .value_o(exp_value));
  sigmoid_table u_sigmoid (.index_i(table_index), .value_o(sigmoid_value), .delta_o(sigmoid_delta));

  // ---------------------------------------------------------------- prepare

  logic signed [35:0] m_q;
  logic signed [27:0] n_q;
  logic        [31:0] prepared_c_q;
  logic signed [6:0]  prepared_shift_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin : prepare
    logic signed [36:0] scaled, sum;
    logic        [24:0] octaves;        // that p is below 1
    logic        [14:0] halves;         // p with one more bit
    logic        [15:0] sigmoid;
    logic        [5:0]  fraction;       // of a step of the table, of 32
    logic signed [17:0] shift;
    if (!rst_ni) begin
      m_q <= 36'sd0;
      n_q <= 28'sd0;
      prepared_c_q <= 32'd0;
      prepared_shift_q <= 7'sd0;
    end else if (enable_i[0]) begin
      unique case (operation_i)
        tessera_pkg::MapNorm: begin
          scaled = 37'($signed(a_i));
          if (norm_rms_i) begin
            scaled = (($signed({a_i, 1'b0}) >>> norm_shift_i) + 37'sd1) >>> 1;
            if (scaled > NormLimit) scaled = NormLimit;
            else if (scaled < -NormLimit) scaled = -NormLimit;
          end
          m_q <= scaled[35:0];
          n_q <= norm_rms_i ? scalar_i : 28'd1;
        end
        tessera_pkg::MapExpw: begin
          octaves = 25'(distance(maximum_i, a_i[32:0]) >> 8);
          halves = {exp_value, 1'b0} >> octaves[3:0];
          if (octaves > 25'd15) halves = 15'd0;
          m_q <= {22'd0, 14'((halves + 15'd1) >> 1)};
          n_q <= 28'd1;
        end
        tessera_pkg::MapGate: begin
          // From the end of the table on, its last step is taken whole.
          fraction = gate_magnitude[15:13] != 3'd0 ? 6'd32 : {1'b0, gate_magnitude[4:0]};
          sigmoid = sigmoid_value + 16'((15'(sigmoid_delta) * 15'(fraction)) >> 5);
          if (a_i[15]) sigmoid = 16'd32768 - sigmoid;
          m_q <= a_i;
          n_q <= {12'd0, sigmoid};
          prepared_c_q <= c_i;
        end
        tessera_pkg::MapAdd: begin
          sum = 37'($signed(a_i));
          if (c_used_i) sum = sum + 37'($signed(c_i));
          if (outer_i) begin
            if (sum > $signed({6'd0, outer_limit_i})) sum = $signed({6'd0, outer_limit_i});
            else if (sum < -$signed({6'd0, outer_limit_i})) sum = -$signed({6'd0, outer_limit_i});
          end
          prepared_c_q <= sum[31:0];
          if (square_i) begin
            m_q <= sum[35:0];
            n_q <= sum[27:0];
          end
        end
        default: begin
          m_q <= mulq ? a_i + offset_i : a_i;
          n_q <= b_vector_i ? 28'($signed(b_i)) : scalar_i;
          if (c_used_i) prepared_c_q <= c_i;
        end
      endcase
      if (shift_mode_i != tessera_pkg::ShiftScalar) begin
        if (shift_mode_i == tessera_pkg::ShiftPlus) shift = shift_base_i + 18'($signed(shift_byte_i));
        else shift = shift_base_i - 18'($signed(shift_byte_i));
        if (shift > 18'(ShiftMost)) prepared_shift_q <= ShiftMost;
        else if (shift < 18'(ShiftLeast)) prepared_shift_q <= ShiftLeast;
        else prepared_shift_q <= shift[6:0];
      end
    end
  end

  // ---------------------------------------------------------------- multiply

  logic signed [63:0] product_q;
  logic        [31:0] multiplied_c_q;
  logic signed [6:0]  multiplied_shift_q;

  assign product_o = product_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      product_q <= 64'sd0;
      multiplied_c_q <= 32'd0;
      multiplied_shift_q <= 7'sd0;
    end else if (enable_i[1]) begin
      if (!late_add || late_square_i) product_q <= 64'(m_q) * 64'(n_q);
      if (late_c_used_i || late_add || late_gate) multiplied_c_q <= prepared_c_q;
      if (!late_scalar_shift_i) multiplied_shift_q <= prepared_shift_q;
    end
  end

  // ---------------------------------------------------------------- round

  logic signed [63:0] v_q;
  logic        [31:0] rounded_c_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin : round
    logic signed [63:0] value, left, limit;
    logic signed [6:0]  shift;
    logic        [5:0]  places;
    if (!rst_ni) begin
      v_q <= 64'sd0;
      rounded_c_q <= 32'd0;
    end else if (enable_i[2]) begin
      if (!late_add) begin
        value = product_q;
        if (late_rot) value = rotation_add_i ? product_q + partner_i : product_q - partner_i;
        shift = late_scalar_shift_i ? $signed(shift_i) : multiplied_shift_q;
        if (shift == ShiftMost) begin
          value = 64'sd0;
        end else if (shift > 7'sd0) begin
          // Half of the last place carries exactly where the highest of the bits that go is set.
          places = shift[5:0];
          value = (value >>> places) + $signed({63'd0, value[places - 6'd1]});
        end else if (shift < 7'sd0) begin
          places = -shift[5:0];
          left = value << places;
          if ((left >>> places) != value) left = {value[63], {63{~value[63]}}};
          value = left;
        end
        if (inner_i) begin
          limit = $signed({32'd0, inner_limit_i});
          if (value > limit) value = limit;
          else if (value < -limit) value = -limit;
        end
        v_q <= value;
      end
      if (late_c_used_i || late_add || late_gate) rounded_c_q <= multiplied_c_q;
    end
  end

  // ---------------------------------------------------------------- combine

  logic [31:0] out_q;
  assign out_o = out_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin : combine
    logic signed [63:0] sum, limit;
    if (!rst_ni) begin
      out_q <= 32'd0;
    end else if (enable_i[3]) begin
      if (late_add) begin
        out_q <= rounded_c_q;
      end else if (late_gate) begin
        out_q <= 32'($signed(v_q[16:0])) * 32'($signed(rounded_c_q[15:0]));
      end else if (late_expw) begin
        out_q <= {18'd0, v_q[13:0]};
      end else begin
        sum = v_q;
        if (late_c_used_i) sum = sum + 64'($signed(rounded_c_q));
        if (late_outer_i) begin
          limit = $signed({33'd0, late_outer_limit_i});
          if (sum > limit) sum = limit;
          else if (sum < -limit) sum = -limit;
        end
        out_q <= sum[31:0];
      end
    end
  end

endmodule
