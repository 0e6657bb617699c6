// Two drivers of one wire, of another width: to be refused by lint and by synthesis.
module wrong (
  input  logic [3:0] a_i,
  input  logic       b_i,
  output logic [2:0] c_o
);
  assign c_o = a_i;
  assign c_o = {3{b_i}};
endmodule
